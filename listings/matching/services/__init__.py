"""What happens to matches, one function a verb."""
