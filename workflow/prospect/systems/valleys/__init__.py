"""The valleys system: asymmetric valleys, fusion, averages and federated learning."""
