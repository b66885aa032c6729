"""From a specification to numbered runs, and to tasks."""
