"""The unit of mining's cost."""

UNIT = 128  # samples of one gradient evaluation
GRADIENTS = f"gradient evaluations of {UNIT} samples"
