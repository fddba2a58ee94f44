"""Django's collectstatic, offline and without a database: `collectstatic.py SETTINGS SOURCE OUTPUT`. The files of
STATIC_ROOT are left below OUTPUT at the path that it has below SOURCE."""

import os
import sys


def fail(message):
    sys.stderr.write("packc: collectstatic: %s\n" % message)
    sys.stderr.write("packc: give what the settings need in run.env of unik.yaml, or write options: {collectstatic: false}\n")
    raise SystemExit(1)


def main():
    module, source, output = sys.argv[1:4]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", module)
    os.makedirs(output)
    # Nothing that is signed here leaves the build.
    for name in ("SECRET_KEY", "DJANGO_SECRET_KEY"):
        os.environ.setdefault(name, "only-for-collectstatic")
    from django.conf import settings

    try:
        root = settings.STATIC_ROOT
    except Exception as error:
        fail("the settings %s cannot be loaded: %s: %s" % (os.environ["DJANGO_SETTINGS_MODULE"], type(error).__name__, error))
    if not root:
        sys.stderr.write("packc: collectstatic: STATIC_ROOT is not set in %s\n" % os.environ["DJANGO_SETTINGS_MODULE"])
        return
    below = os.path.relpath(os.path.abspath(str(root)), os.path.abspath(source))
    if below == "." or below.split(os.sep)[0] == "..":
        fail("STATIC_ROOT is %s, which lies outside of the project" % root)
    settings.STATIC_ROOT = os.path.join(output, below)
    os.makedirs(settings.STATIC_ROOT)
    import django
    from django.core.management import call_command

    try:
        django.setup()
        call_command("collectstatic", interactive=False, verbosity=0)
    except Exception as error:
        fail("%s: %s" % (type(error).__name__, error))


main()
