# The trees that the benchmarks of layers measure, below $work. To be sourced; each is made once and kept, but for d.
#
#   b    22,900 entries, 370 MB of tar: packages of Python, many small files
#   c    13,400 entries, 1.2 GB: few packages with large libraries
#   d    200,000 entries, 5 GB: generated, removed again by who measures it
#   app  three files, an application on top of b
#
# Packages have fixed versions for a fixed platform: the same files wherever this runs.

packages_b=(
  django==5.1.4 pandas==2.2.3 numpy==2.2.1 scipy==1.15.0 botocore==1.35.90 babel==2.16.0 sqlalchemy==2.0.36
  pygments==2.18.0 setuptools==75.6.0 pytz==2024.2 tzdata==2024.2 networkx==3.4.2 faker==33.1.0 jedi==0.19.2
  kubernetes==31.0.0 docutils==0.21.2 django-countries==7.6.1 phonenumberslite==8.13.52
)
packages_c=(tensorflow-cpu==2.18.0 pyarrow==18.1.0 opencv-python-headless==4.10.0.84)

# install_tree DIR PACKAGE…
install_tree() {
  local tree=$1 staged
  shift
  [ -d "$tree" ] && return
  echo "installing $# fixed packages from PyPI into $tree (once)" >&2
  staged=$(mktemp -d "$work/tree.XXXXXX")
  python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --target "$staged" \
    --no-deps --no-compile --only-binary=:all: --implementation cp --python-version 3.11 \
    --platform manylinux2014_x86_64 --platform manylinux_2_17_x86_64 "$@"
  chmod 755 "$staged"
  mv "$staged" "$tree"
}

make_tree_b() { install_tree "$work/tree-b" "${packages_b[@]}"; }
make_tree_c() { install_tree "$work/tree-c" "${packages_c[@]}"; }

make_tree_d() {
  rm -rf "$work/tree-d"
  python3 "$here/Benchmarks/lib/make-tree-d.py" "$work/tree-d"
}

make_tree_app() {
  rm -rf "$work/tree-app"
  mkdir -p "$work/tree-app/srv/templates"
  printf 'print("hello")\n' >"$work/tree-app/srv/app.py"
  printf '<p>hello</p>\n' >"$work/tree-app/srv/templates/index.html"
  printf 'debug: false\n' >"$work/tree-app/srv/config.yaml"
}

# describe_tree DIR: its entries and the bytes of its archive.
describe_tree() {
  echo "$(basename "$1"): $(find "$1" -mindepth 1 | wc -l) entries, $(tar -C "$1" -cf - . | wc -c) bytes of tar"
}
