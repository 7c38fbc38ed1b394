# Activates the env of a device in this shell and then becomes the worker's second half.
# Arguments: PROGRESS OUTPUT COUNT ITEM… COMMAND…
#   PROGRESS  holds the line that is being run; the second half removes it, and so says that all went well
#   OUTPUT    gets what the lines print
# Names begin with __neu_ and are gone before COMMAND starts.

__neu_progress=$1 __neu_output=$2
__neu_items=("${@:4:$3}")
__neu_command=("${@:4+$3}")
set --

# Finds the conda (or mamba) of this host and loads its hook, so that `conda activate` is a function.
__neu_conda_hook() {
    local name=$1 program folder
    program=$(type -P "$name" || :)
    for folder in "${CONDA_EXE:+${CONDA_EXE%/*}}" "${MAMBA_EXE:+${MAMBA_EXE%/*}}" \
        "${HOME:-/nonexistent}"/{miniforge3,mambaforge,miniconda3,anaconda3,miniconda,anaconda,micromamba,.local}/bin \
        /opt/{conda,miniforge3,mambaforge,miniconda3,anaconda3}/bin; do
        [[ -n $program ]] && break
        [[ -n $folder && -x $folder/$name ]] && program=$folder/$name
    done
    if [[ -z $program ]]; then
        printf '%s: not found: not on PATH, CONDA_EXE is not set, and not in the usual folders\n' "$name" >&2
        return 127
    fi
    case $name in
    conda) eval "$("$program" shell.bash hook)" ;;
    *) eval "$("$program" shell hook --shell bash 2>/dev/null || "$program" shell.bash hook)" ;;
    esac
}

# Puts the folder of conda's `activate` on PATH, so that `source activate NAME` finds it.
__neu_activate_on_path() {
    local folder
    for folder in "${CONDA_EXE:+${CONDA_EXE%/*}}" "${CONDA_PREFIX:+$CONDA_PREFIX/bin}" \
        "${HOME:-/nonexistent}"/{miniforge3,mambaforge,miniconda3,anaconda3,miniconda,anaconda}/bin \
        /opt/{conda,miniforge3,mambaforge,miniconda3,anaconda3}/bin; do
        if [[ -n $folder && -f $folder/activate ]]; then
            PATH=$folder:$PATH
            return
        fi
    done
}

# Loads what defines `module` and `ml`, which a shell that is no login shell may lack.
__neu_module_hook() {
    local file
    for file in "${MODULESHOME:+$MODULESHOME/init/bash}" "${LMOD_PKG:+$LMOD_PKG/init/bash}" \
        /etc/profile.d/{lmod,modules,z00_lmod}.sh /usr/share/{lmod/lmod,modules,Modules}/init/bash; do
        if [[ -n $file && -r $file ]]; then
            . "$file"
            return
        fi
    done
}

# Loads what a line takes for granted in an interactive shell.
__neu_prepare() {
    if [[ $1 =~ (^|[\;\&\|[:space:]])(conda|mamba|micromamba)[[:space:]]+activate ]]; then
        declare -F "${BASH_REMATCH[2]}" >/dev/null || __neu_conda_hook "${BASH_REMATCH[2]}"
    elif [[ $1 =~ (^|[\;\&\|[:space:]])(source|\.)[[:space:]]+activate([[:space:]]|$) ]]; then
        type -P activate >/dev/null || __neu_activate_on_path
    elif [[ $1 =~ (^|[\;\&\|[:space:]])(module|ml)[[:space:]] ]]; then
        declare -F "${BASH_REMATCH[2]}" >/dev/null || __neu_module_hook
    fi
}

for __neu_item in ${__neu_items[@]+"${__neu_items[@]}"}; do
    mapfile -t __neu_lines <<<"$__neu_item"
    __neu_pending=
    for __neu_line in "${!__neu_lines[@]}"; do
        __neu_pending+=${__neu_lines[__neu_line]}$'\n'
        # A command may span lines: it is run once it can be read as the body of a function, which is tried in a
        # subshell, since an unclosed $( ends the shell. The last line is run in any case, so that bash itself says
        # what is wrong with it.
        if ((__neu_line + 1 < ${#__neu_lines[@]})) &&
            ! (eval "__neu_complete() {"$'\n'"$__neu_pending}") 2>/dev/null; then
            continue
        fi
        printf '%s' "$__neu_pending" >|"$__neu_progress"
        # Not in a function, where `declare` would mean another thing; not in a condition, where `set -e` would.
        __neu_prepare "$__neu_pending" >>"$__neu_output" 2>&1
        __neu_status=$?
        if ((__neu_status == 0)); then
            eval "$__neu_pending" >>"$__neu_output" 2>&1
            __neu_status=$?
        fi
        ((__neu_status == 0)) || exit "$__neu_status"
        __neu_pending=
    done
done

{ set +x; } 2>/dev/null
set -- "${__neu_command[@]}"
unset -f __neu_conda_hook __neu_activate_on_path __neu_module_hook __neu_prepare
unset "${!__neu_@}"
exec -a neu "$@"
