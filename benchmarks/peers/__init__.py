"""What ours is held against, each as plainly as its users write it."""
