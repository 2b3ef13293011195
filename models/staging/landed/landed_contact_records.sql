{{ landed('contact_records') }}
