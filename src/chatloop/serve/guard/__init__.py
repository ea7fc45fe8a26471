"""What stands between the network and the model: keys, limits, the queue."""
