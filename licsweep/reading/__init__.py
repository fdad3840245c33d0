"""What a host's texts say: captures in, outcome and observation out. No session, no device library, no store."""
