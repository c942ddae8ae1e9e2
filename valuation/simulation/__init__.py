"""What a value becomes when its inputs are not certain: draws, correlations, tables of what moves it."""
