"""What kind of fault is it: classifiers trained on the plant's own texts and windows."""
