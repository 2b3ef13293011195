{{ staged('qa_evaluations') }}
