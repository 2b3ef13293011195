{{ landed('queues') }}
