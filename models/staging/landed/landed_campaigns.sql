{{ landed('campaigns') }}
