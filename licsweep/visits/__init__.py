"""The courier on devices, over SSH: a look before the trip, collecting, delivering."""
