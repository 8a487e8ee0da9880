"""Results back out: stock and tracking numbers as each platform's upload file, packing slips to print."""
