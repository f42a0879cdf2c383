"""One module a family: SPEC and train(recipe, snapshot, seed, progress) -> Trained."""
