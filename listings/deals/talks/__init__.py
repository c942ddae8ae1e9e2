"""Between the first question and the deal: talks, confidentiality, the data room, offers and sealed offers."""
