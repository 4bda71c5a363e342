"""ECG records and sheets: real records with patient-wise splits, augmentation, training, evaluation."""
