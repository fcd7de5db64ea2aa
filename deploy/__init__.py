"""How Modeldeck gets to where it runs: the folder of a Space, the image of a container."""
