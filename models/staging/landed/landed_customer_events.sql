{{ landed('customer_events') }}
