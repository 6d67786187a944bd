"""What the data says about ways of working: measures, evidence, practices, adoption. Pure: values in, values out."""
