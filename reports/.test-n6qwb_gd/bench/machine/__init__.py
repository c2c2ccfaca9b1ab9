"""What this machine is and allows: readers of /proc and /sys below a root that tests can replace."""
