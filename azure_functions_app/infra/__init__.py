"""What deploys the function app. Nothing of it is in the app."""
