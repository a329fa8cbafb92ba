"""The valleys system: asymmetric valleys, fusion and federated training (arXiv:2405.12489)."""
