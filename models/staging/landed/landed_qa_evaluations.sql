-- One row per landed row. The scale of an evaluation goes from 0 to its own maximum.
{{ landed('qa_evaluations', more_checks=[('score outside its scale', 'typed.score < 0 or typed.score > typed.max_score')]) }}
