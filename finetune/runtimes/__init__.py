"""What runs a transformer when the model serves: torch, OpenVINO or ONNX Runtime."""
