//! GPUs of this machine for a launch: looked for and counted before anything is started.

use std::io;
use std::path::PathBuf;

use neuromanager_core::config::SupportKind;
use neuromanager_core::gpu::choice::{VisibleDevices, usable};
use neuromanager_core::gpu::demand::TooMuch;
use neuromanager_core::gpu::eye::Sight;
use neuromanager_core::gpu::find::look;
use neuromanager_core::gpu::placement::capacity;
use neuromanager_core::gpu::queue::Priority;
use neuromanager_core::gpu::wish::{LIST, PRIORITY, Wish};
use neuromanager_core::gpu::{Gpu, GpuId};
use neuromanager_core::resources::{JOBS, LocalResources, Resource, Resources, Setting};
use neuromanager_core::worker::GpuDesk;

use super::App;
use super::order::Order;
use crate::args::GpuArgs;
use crate::exit::Exit;
use crate::report::{Failure, in_a_line};
use crate::ui::print;

/// Where all users of a machine lease its GPUs.
const FOLDER: &str = "/tmp/neuromanager-gpus";

/// Puts what was typed before SUPPORT among the resources, so that a retry knows it, too.
pub(super) fn write_typed(
    args: &GpuArgs,
    resources: &mut Resources,
    kind: SupportKind,
) -> Result<(), Failure> {
    let typed = [
        (LIST, "--gpus", args.gpus.clone()),
        (PRIORITY, "--priority", args.priority.map(|it| it.to_string())),
    ];
    for (name, option, value) in typed {
        let Some(value) = value else { continue };
        if kind == SupportKind::Slurm {
            let failure =
                Failure::new(Exit::Usage, format!("`{option}` before SUPPORT is for runs on this machine"));
            return Err(failure.hint(format!("the option of sbatch stands after DEVICE: `{option}={value}`")));
        }
        set(resources, name, value)?;
    }
    if let Some(number) = args.priority {
        Priority::new(number)
            .map_err(|error| Failure::new(Exit::Usage, format!("`--{PRIORITY}`: `{number}` is {error}")))?;
    }
    Ok(())
}

fn set(resources: &mut Resources, name: &str, value: String) -> Result<(), Failure> {
    let resource = Resource::new(name, Setting::Value(value));
    resources.set(resource.map_err(|error| Failure::new(Exit::Usage, error.to_string()))?);
    Ok(())
}

/// Makes sure that each run of an order for this machine can have its GPUs, and writes down which may be used, and how
/// many runs fit where nothing else says so.
pub(super) fn settle(order: &mut Order, app: &App) -> Result<(), Failure> {
    if order.place.kind != SupportKind::Local {
        return Ok(());
    }
    let wish = LocalResources::read(&order.resources)?.wish();
    let list = order.resources.value(LIST).map(str::to_owned);
    let Some(Wish { demand, .. }) = wish else {
        return match (list, &order.place.device) {
            (None, _) => Ok(()),
            (Some(_), device) => {
                let device = device.as_deref().unwrap_or("this");
                let failure = Failure::new(
                    Exit::Usage,
                    format!("device `{device}` asks for no GPU, and `--gpus` only says which"),
                );
                Err(failure.hint(r#"write `"resources": {"gpus": 1}`, or `--gpus=1` after DEVICE"#))
            }
        };
    };
    let gpus: Vec<Gpu> = look(&app.runner())
        .map_err(|error| Failure::new(Exit::Scheduler, in_a_line(&error)))?
        .into_iter()
        .map(|seen| seen.gpu)
        .collect();
    let text =
        |name| app.settings.variables.iter().find(|(known, _)| known == name)?.1.to_str().map(str::to_owned);
    let visible = VisibleDevices {
        cuda: text("CUDA_VISIBLE_DEVICES"),
        rocr: text("ROCR_VISIBLE_DEVICES"),
        hip: text("HIP_VISIBLE_DEVICES"),
    };
    let usable = usable(&gpus, list.as_deref(), &visible)
        .map_err(|error| Failure::new(Exit::Usage, error.to_string()))?;
    demand.check(&usable).map_err(|error| refused(&error, &gpus))?;
    if usable.len() < gpus.len() {
        let ids: Vec<&str> = usable.iter().map(|Gpu { id: GpuId(id), .. }| id.as_str()).collect();
        set(&mut order.resources, LIST, ids.join(","))?;
    }
    if order.resources.value(JOBS).is_none() {
        let jobs = capacity(&demand, &usable).min(order.plan.len());
        set(&mut order.resources, JOBS, jobs.to_string())?;
    }
    Ok(())
}

fn refused(error: &TooMuch, gpus: &[Gpu]) -> Failure {
    let failure = Failure::new(Exit::Usage, error.to_string());
    if gpus.is_empty() {
        failure.hint("neither `nvidia-smi` nor `rocm-smi` on PATH tells of one")
    } else {
        failure.hint("ask for less, or let more of them be used (`--gpus`, CUDA_VISIBLE_DEVICES)")
    }
}

impl App {
    /// Gives where GPUs are leased.
    pub(super) fn gpu_desk(&self) -> Result<GpuDesk, Failure> {
        let folder = self.settings.variable("NEU_GPU_DIR").map_or_else(|| FOLDER.into(), PathBuf::from);
        Ok(GpuDesk { folder, program: std::env::current_exe()? })
    }
}

/// Looks at the GPUs for each line of standard input, until that ends.
pub(super) fn look_on_demand(app: &App) -> Result<Exit, Failure> {
    for line in io::stdin().lines() {
        line?;
        let sight = serde_json::to_string(&Sight::take(&app.runner())).map_err(io::Error::other)?;
        print(&(sight + "\n"))?;
    }
    Ok(Exit::Done)
}
