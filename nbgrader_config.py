"""nbgrader: solutions/ is the source, exercises/ the release; everything else stays under build/."""

from nbgrader.converters.autograde import Autograde

from k8slab.grading.autograding import JudgeAnswers

c = get_config()  # noqa: F821

c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "exercises"
c.CourseDirectory.submitted_directory = "build/submitted"
c.CourseDirectory.autograded_directory = "build/autograded"
c.CourseDirectory.feedback_directory = "build/feedback"
c.CourseDirectory.solution_directory = "build/solution"
c.CourseDirectory.course_id = "k8slab"
c.CourseDirectory.db_url = "sqlite:///build/gradebook.db"
execute, *others = Autograde.autograde_preprocessors.default_args[0]
c.Autograde.autograde_preprocessors = [execute, JudgeAnswers, *others]
c.ExecutePreprocessor.timeout = 120
