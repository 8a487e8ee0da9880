"""What calls for somebody: alerts on the company's numbers, and the daily digest that goes out."""
