"""The first study's figures, kept to be reproduced and not to be concluded from."""
