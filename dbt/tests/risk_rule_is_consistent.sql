-- Fails with the rows of the seed risk_rule that cannot be meant so: rule, type of object, condition and what is wrong.
select * from {{ ref('int_risk__rule_problem') }}
