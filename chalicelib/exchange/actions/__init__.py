"""What can be done in the exchange: by 1C (`sessions`, `uploads`, `orders`), by a person (`office`)."""
