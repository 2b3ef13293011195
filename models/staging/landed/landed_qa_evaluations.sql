{{ landed('qa_evaluations') }}
