"""What the verbs of the command line do: one short function a verb."""
