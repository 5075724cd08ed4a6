"""The only user of rich: draws what others have computed."""
