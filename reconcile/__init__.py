"""Pure judgement: observations, entitlements and a date go in; pools, instances and findings come out."""
