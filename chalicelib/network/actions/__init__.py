"""What the manufacturer's people do with dealers, and a dealer's person with the contract to work under."""
