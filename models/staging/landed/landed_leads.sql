{{ landed('leads') }}
