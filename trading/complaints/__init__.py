"""Queries, objections and complaints (质疑、异议、投诉): raised by who takes part, answered by the centre, decided by
supervisors; and the suspension of a project that the law attaches to them.
"""
