{{ landed('contact_lists') }}
