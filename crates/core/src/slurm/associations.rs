//! `sacctmgr`: the accounts of a user, and how many jobs they may have submitted at once.

use std::time::Duration;

use super::query::{QueryError, output_of, present};
use crate::tool::{Invocation, Reply, Runner};

const PROGRAM: &str = "sacctmgr";

/// One way in which a user may submit: an account on a cluster, perhaps for one partition only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Association {
    /// The cluster; the database may know several.
    pub cluster: String,
    /// The account.
    pub account: String,
    /// The partition, if it holds for one only.
    pub partition: Option<String>,
    /// How many jobs and tasks of the user may be there at once, waiting ones too.
    pub max_submit: Option<u32>,
    /// The same for all that share the association.
    pub group_submit: Option<u32>,
    /// The qualities of service that may be asked for.
    pub qos: Vec<String>,
    /// The one that holds when none is asked for.
    pub default_qos: Option<String>,
}

/// The limits on submitted jobs that one quality of service sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QosLimits {
    /// Its name.
    pub name: String,
    /// How many jobs and tasks a user may have at once.
    pub max_submit_per_user: Option<u32>,
    /// The same for an account.
    pub max_submit_per_account: Option<u32>,
    /// The same for all together.
    pub group_submit: Option<u32>,
}

/// Describes the question for a user's associations. `sacctmgr` knows users by name only, not by number.
pub fn invocation(user: &str, deadline: Duration) -> Invocation {
    show(deadline)
        .args(["assoc", "where"])
        .arg(format!("user={user}"))
        .arg("format=Cluster,Account,Partition,MaxSubmitJobs,GrpSubmitJobs,QOS,DefaultQOS")
}

/// Describes the question for all qualities of service.
pub fn qos_invocation(deadline: Duration) -> Invocation {
    show(deadline).args(["qos", "format=Name,MaxSubmitJobsPU,MaxSubmitJobsPA,GrpSubmit"])
}

fn show(deadline: Duration) -> Invocation {
    Invocation::query(PROGRAM, deadline).args(["--parsable2", "--noheader", "--readonly", "show"])
}

/// Reads a user's associations. None means that accounting does not know the user.
pub fn read(reply: &Reply) -> Result<Vec<Association>, QueryError> {
    let rows = output_of(PROGRAM, reply)?.lines().filter(|line| !line.trim().is_empty());
    rows.map(|row| read_association(row).ok_or_else(|| unreadable(row))).collect()
}

/// Reads the limits of all qualities of service.
pub fn read_qos(reply: &Reply) -> Result<Vec<QosLimits>, QueryError> {
    let rows = output_of(PROGRAM, reply)?.lines().filter(|line| !line.trim().is_empty());
    rows.map(|row| read_limits(row).ok_or_else(|| unreadable(row))).collect()
}

/// Asks for a user's associations.
pub fn query(runner: &dyn Runner, user: &str, deadline: Duration) -> Result<Vec<Association>, QueryError> {
    read(&runner.run(&invocation(user, deadline))?)
}

/// Asks for the limits of all qualities of service.
pub fn query_qos(runner: &dyn Runner, deadline: Duration) -> Result<Vec<QosLimits>, QueryError> {
    read_qos(&runner.run(&qos_invocation(deadline))?)
}

fn read_association(row: &str) -> Option<Association> {
    let fields: Vec<&str> = row.split('|').collect();
    let [cluster, account, partition, max_submit, group_submit, qos, default_qos] = fields[..] else {
        return None;
    };
    Some(Association {
        cluster: cluster.to_owned(),
        account: account.to_owned(),
        partition: present(partition),
        max_submit: max_submit.parse().ok(),
        group_submit: group_submit.parse().ok(),
        qos: qos.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect(),
        default_qos: present(default_qos),
    })
}

fn read_limits(row: &str) -> Option<QosLimits> {
    let fields: Vec<&str> = row.split('|').collect();
    let [name, per_user, per_account, group] = fields[..] else { return None };
    Some(QosLimits {
        name: name.to_owned(),
        max_submit_per_user: per_user.parse().ok(),
        max_submit_per_account: per_account.parse().ok(),
        group_submit: group.parse().ok(),
    })
}

fn unreadable(row: &str) -> QueryError {
    QueryError::Unreadable { program: PROGRAM, row: row.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tool::scripted::{command_line, reply};

    const SOON: Duration = Duration::from_secs(1);

    #[test]
    fn associations_are_read() {
        let real = "neu27648|myproject||100||normal,small|\nneu27648|root||||normal|normal\n";
        let found = read(&reply(0, real, "")).unwrap();
        assert_eq!(
            found[0],
            Association {
                cluster: "neu27648".to_owned(),
                account: "myproject".to_owned(),
                partition: None,
                max_submit: Some(100),
                group_submit: None,
                qos: vec!["normal".to_owned(), "small".to_owned()],
                default_qos: None,
            }
        );
        assert_eq!((found.len(), found[1].default_qos.as_deref()), (2, Some("normal")));
        assert_eq!(read(&reply(0, "", "")).unwrap(), []);
    }

    #[test]
    fn limits_of_qualities_of_service_are_read() {
        let found = read_qos(&reply(0, "normal|||\nsmall|10||\n", "")).unwrap();
        assert_eq!(found[0].max_submit_per_user, None);
        assert_eq!((found[1].name.as_str(), found[1].max_submit_per_user), ("small", Some(10)));
    }

    #[test]
    fn a_row_of_another_shape_is_an_error() {
        assert!(matches!(read(&reply(0, "a|b\n", "")), Err(QueryError::Unreadable { .. })));
    }

    #[test]
    fn the_questions() {
        insta::assert_snapshot!(command_line(&invocation("ada", SOON)), @"sacctmgr --parsable2 --noheader --readonly show assoc where user=ada format=Cluster,Account,Partition,MaxSubmitJobs,GrpSubmitJobs,QOS,DefaultQOS");
        insta::assert_snapshot!(command_line(&qos_invocation(SOON)), @"sacctmgr --parsable2 --noheader --readonly show qos format=Name,MaxSubmitJobsPU,MaxSubmitJobsPA,GrpSubmit");
    }
}
