"""What all pages share: the layout, the design, the portal's home page, signing in, accounts and the desk."""
