"""The spinglass system: the landscape as a spin glass (arXiv:2407.20724)."""
