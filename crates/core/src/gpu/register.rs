//! What the shared folder says at one moment: the leases that live and the launches that wait, the dead ones weeded out.

use super::census::Census;
use super::folder::{FolderError, Locked};
use super::placement::{Holder, Table};
use super::{lease, queue, ticket};

/// Leases and tickets, read under the lock.
#[derive(Debug)]
pub(super) struct Register {
    pub(super) leases: Vec<lease::Filed>,
    tickets: Vec<ticket::Filed>,
}

impl Register {
    /// Reads what is there. Files of ours that say nothing any more are removed; those of others cannot be, and are left out.
    pub(super) fn read(locked: &Locked<'_>, census: &Census) -> Result<Self, FolderError> {
        let mut register = Self { leases: Vec::new(), tickets: Vec::new() };
        for entry in locked.entries(&[lease::PREFIX, ticket::PREFIX])? {
            let lease = lease::Filed::read(&entry).filter(|lease| lease.lives(census));
            let ticket = ticket::Filed::read(&entry).filter(|ticket| ticket.lives(census));
            match (lease, ticket) {
                (Some(lease), _) if entry.name.starts_with(lease::PREFIX) => register.leases.push(lease),
                (_, Some(ticket)) if entry.name.starts_with(ticket::PREFIX) => register.tickets.push(ticket),
                // Only a holder of the lock writes whole files, so that none of ours is half written now.
                _ if entry.uid == census.us() => locked.remove(&entry.name),
                _ => {}
            }
        }
        Ok(register)
    }

    /// Puts on the table what others and we hold, and what is kept for those who are before `own`.
    pub(super) fn lay(&self, table: &mut Table<'_>, own: &ticket::Filed, census: &Census) {
        let (us, key) = (own.uid, &own.ticket.key);
        for filed in &self.leases {
            let is_own = filed.uid == us && filed.lease.key == *key;
            let holder = if is_own { Holder::Own } else { Holder::Leased(filed.holder(us)) };
            table.hold(&filed.lease.holdings, &holder);
        }
        let is_own = |filed: &&ticket::Filed| filed.uid == us && filed.ticket.key == *key;
        let others = self.tickets.iter().filter(|filed| !is_own(filed) && filed.counts(census));
        let waiting = others.chain(std::iter::once(own)).collect();
        for filed in
            queue::in_order(waiting, |filed| filed.rank()).into_iter().take_while(|filed| !is_own(filed))
        {
            let ticket = &filed.ticket;
            let wanted = ticket.at_once.saturating_sub(self.held_by(filed));
            table.keep(&ticket.demand, &ticket.usable, wanted, &filed.holder(us));
        }
    }

    fn held_by(&self, waiting: &ticket::Filed) -> u64 {
        let is_its =
            |filed: &&lease::Filed| (filed.uid, &filed.lease.key) == (waiting.uid, &waiting.ticket.key);
        self.leases.iter().filter(is_its).map(|_| 1).sum()
    }

    /// Tells whether a file is there and says something.
    pub(super) fn has(&self, name: &str) -> bool {
        self.leases.iter().any(|filed| filed.name == name)
            || self.tickets.iter().any(|filed| filed.name == name)
    }
}
