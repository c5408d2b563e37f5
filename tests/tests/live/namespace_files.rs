//! Files of a namespace, one by one and by folders.

use kestra::{ErrorKind, FilePart, SyncAction};

use crate::folder::Folder;
use crate::server::on_every_server;

#[tokio::test]
async fn a_file_is_written_read_moved_and_deleted() {
    on_every_server(async |site| {
        let (files, namespace) = (site.client.files(), &site.namespace);
        let write = async |path: &str, content: &str| {
            files
                .create_namespace_file(namespace, path, FilePart::bytes("any", content.to_owned()))
                .await
                .unwrap();
        };
        let read = async |path: &str| {
            let content = files.get_file_content(namespace, path).await?.bytes().await?;
            Ok::<_, kestra::Error>(String::from_utf8(content.to_vec()).unwrap())
        };
        write("/scripts/main.py", "print(1)").await;
        write("/scripts/main.py", "print(2)").await;
        write("/a b/ä&c=d.txt", "odd").await;
        assert_eq!(read("/scripts/main.py").await.unwrap(), "print(2)");
        assert_eq!(read("/a b/ä&c=d.txt").await.unwrap(), "odd");
        let stats = files.get_file_metadata(namespace).path("/scripts/main.py").await.unwrap();
        assert_eq!((stats.file_name.as_str(), stats.size), ("main.py", Some(8)));
        let mut listed = files.list_namespace_directory_files(namespace).path("/").await.unwrap();
        listed.sort_by(|one, other| one.file_name.cmp(&other.file_name));
        assert!(listed.iter().any(|file| file.file_name == "scripts"), "{listed:?}");
        let found = files.search_namespace_files(namespace, "main").await.unwrap();
        assert_eq!(found, ["/scripts/main.py"]);

        files.move_file(namespace, "/scripts/main.py", "/moved.py").await.unwrap();
        assert_eq!(read("/moved.py").await.unwrap(), "print(2)");
        assert!(read("/scripts/main.py").await.unwrap_err().is_not_found());
        files.delete_file(namespace, "/moved.py").await.unwrap();
        assert!(read("/moved.py").await.unwrap_err().is_not_found());
    })
    .await;
}

#[tokio::test]
async fn a_deletion_takes_no_neighbour_with_it() {
    on_every_server(async |site| {
        let (files, namespace) = (site.client.files(), &site.namespace);
        for path in ["/dir/a.txt", "/dir/b.txt", "/other.txt"] {
            files.create_namespace_file(namespace, path, FilePart::bytes("file", "content")).await.unwrap();
        }
        files.delete_file(namespace, "/dir/a.txt").await.unwrap();
        for path in ["/dir/a.txt", "/dir/nope.txt", "/nowhere/a.txt"] {
            let error = files.delete_file(namespace, path).await.unwrap_err();
            assert!(error.is_not_found(), "{error}");
        }
        for path in ["", "/", "//", "//dir/b.txt", "/dir//b.txt", "/dir/./b.txt"] {
            let error = files.delete_file(namespace, path).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Refused, "{path}");
        }
        let mut found = files.search_namespace_files(namespace, "").await.unwrap();
        found.sort();
        assert_eq!(found, ["/dir/b.txt", "/other.txt"]);
        files.delete_file(namespace, "/dir").await.unwrap();
        files.delete_file(namespace, "/").all().await.unwrap();
        assert!(files.search_namespace_files(namespace, "").await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn every_name_is_refused_or_intact() {
    on_every_server(async |site| {
        let (files, namespace) = (site.client.files(), &site.namespace);
        let mut stored = Vec::new();
        for characters in [
            "?", "#", ":", "%41", "%20", "%", "[", "]", "{", "}", "^", "|", "\"", "<", ">", "`", "\\", "+",
            ";", "&", "'", "ü", "\u{202f}",
        ] {
            for end in ["1", "2"] {
                let path = format!("/p{characters}{end}");
                let part = FilePart::bytes("file", path.clone());
                match files.create_namespace_file(namespace, &path, part).await {
                    Ok(()) => stored.push(path),
                    Err(error) => {
                        assert_eq!(error.request_sent(), kestra::RequestSent::No, "{path}: {error}")
                    }
                }
            }
        }
        let mut found = files.search_namespace_files(namespace, "").await.unwrap();
        found.sort();
        stored.sort();
        assert_eq!(found, stored);
        for path in &stored {
            let content = files.get_file_content(namespace, path).await.unwrap().bytes().await.unwrap();
            assert_eq!(content, path.as_bytes(), "{path}");
            let moved = format!("{path}-moved");
            files.move_file(namespace, path, &moved).await.unwrap();
            let content = files.get_file_content(namespace, &moved).await.unwrap().bytes().await.unwrap();
            assert_eq!(content, path.as_bytes(), "{moved}");
            files.delete_file(namespace, &moved).await.unwrap();
        }
        assert!(files.search_namespace_files(namespace, "").await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn older_contents_are_kept() {
    on_every_server(async |site| {
        let (files, namespace) = (site.client.files(), &site.namespace);
        for content in ["one", "two"] {
            files.create_namespace_file(namespace, "/x.txt", FilePart::bytes("x", content)).await.unwrap();
        }
        let first = files.get_file_content(namespace, "/x.txt").revision(1).await;
        if !site.is_since(1, 2) {
            assert_eq!(first.unwrap_err().kind(), ErrorKind::Unsupported, "it would give today's content");
            return;
        }
        assert_eq!(first.unwrap().bytes().await.unwrap(), "one");
        let revisions = files.get_file_revisions(namespace).path("/x.txt").await.unwrap();
        assert_eq!(revisions.iter().filter_map(|revision| revision.revision).collect::<Vec<_>>(), [1, 2]);
    })
    .await;
}

#[tokio::test]
async fn what_would_become_something_else_is_refused() {
    on_every_server(async |site| {
        let (files, namespace) = (site.client.files(), &site.namespace);
        for (path, name) in [("/_flows/stray.yml", "flow.yml"), ("/archive.zip", "archive.zip")] {
            let part = FilePart::bytes(name, "id: stray");
            let error = files.create_namespace_file(namespace, path, part).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Refused, "{path}: {error}");
        }
        assert!(files.search_namespace_files(namespace, "").await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn all_files_come_as_an_archive() {
    on_every_server(async |site| {
        let (files, namespace) = (site.client.files(), &site.namespace);
        files.create_namespace_file(namespace, "/x.txt", FilePart::bytes("x", "content")).await.unwrap();
        let folder = Folder::new("live-archive");
        let archive = files.export_namespace_files(namespace).await.unwrap();
        let saved = archive.to_file(folder.path().join("all.zip")).await.unwrap();
        assert!(std::fs::read(saved).unwrap().starts_with(b"PK"));
    })
    .await;
}

#[tokio::test]
async fn a_large_file_goes_up_and_comes_down() {
    on_every_server(async |site| {
        let (files, namespace) = (site.client.files(), &site.namespace);
        let folder = Folder::new("live-large");
        let content: Vec<u8> = (0..3_000_000_u32).flat_map(u32::to_le_bytes).collect();
        let path = folder.write("large.bin", &content);
        files.create_namespace_file(namespace, "/large.bin", FilePart::path(path)).await.unwrap();
        let download = files.get_file_content(namespace, "/large.bin").await.unwrap();
        let saved = download.to_file(folder.path().join("back.bin")).await.unwrap();
        assert!(std::fs::read(saved).unwrap() == content);
    })
    .await;
}

#[tokio::test]
async fn a_folder_goes_up_and_comes_down() {
    on_every_server(async |site| {
        let (files, namespace) = (site.client.files(), &site.namespace);
        let folder = Folder::new("live-up");
        folder.write("main.py", "print(1)");
        folder.write("lib/a b.txt", "with a blank");
        folder.write("lib/deep/x.bin", vec![0_u8; 70_000]);
        files.create_namespace_file(namespace, "/old.txt", FilePart::bytes("old", "old")).await.unwrap();

        let plan = files.sync_up(namespace, folder.path()).delete(true).dry_run(true).await.unwrap();
        assert_eq!((plan.count(SyncAction::Create), plan.count(SyncAction::Delete)), (3, 1));
        let report = files.sync_up(namespace, folder.path()).delete(true).await.unwrap();
        report.check().unwrap();
        folder.write("main.py", "print(2)");
        let report = files.sync_up(namespace, folder.path()).delete(true).await.unwrap();
        report.check().unwrap();
        let changes: Vec<_> = report.changes().map(|file| (file.name.as_str(), file.action)).collect();
        assert_eq!(changes, [("main.py", SyncAction::Update)]);

        let down = Folder::new("live-down");
        files.sync_down(namespace, down.path()).await.unwrap().check().unwrap();
        assert_eq!(down.read("main.py"), "print(2)");
        // Servers before 2.0 store a blank as a plus, and can't tell the two apart.
        let name = if site.is_since(2, 0) { "lib/a b.txt" } else { "lib/a+b.txt" };
        assert_eq!(down.read(name), "with a blank");
        assert_eq!(std::fs::read(down.path().join("lib/deep/x.bin")).unwrap().len(), 70_000);
        let again = files.sync_down(namespace, down.path()).delete(true).await.unwrap();
        assert_eq!(again.changes().count(), 0);
    })
    .await;
}

#[tokio::test]
async fn many_files_are_transferred_at_once() {
    on_every_server(async |site| {
        let (files, namespace) = (site.client.files(), &site.namespace);
        let folder = Folder::new("live-many");
        for at in 0..100 {
            // Several in one new folder at once, and folders within folders.
            folder.write(&format!("d{}/e{}/f{at}.txt", at % 3, at % 7), format!("{at:03}"));
        }
        let up = files.sync_up(namespace, folder.path()).await.unwrap();
        up.check().unwrap();
        assert_eq!(up.count(SyncAction::Create), 100);
        let again = files.sync_up(namespace, folder.path()).delete(true).await.unwrap();
        assert_eq!(again.count(SyncAction::Unchanged), 100, "{again}");
        let copy = Folder::new("live-many-copy");
        files.sync_down(namespace, copy.path()).await.unwrap().check().unwrap();
        assert_eq!(copy.read("d2/e2/f2.txt"), "002");
        for at in 1..100 {
            std::fs::remove_file(folder.path().join(format!("d{}/e{}/f{at}.txt", at % 3, at % 7))).unwrap();
        }
        let pruned = files.sync_up(namespace, folder.path()).delete(true).await.unwrap();
        pruned.check().unwrap();
        assert_eq!(
            (pruned.count(SyncAction::Delete), pruned.count(SyncAction::Unchanged)),
            (99, 1),
            "{pruned}"
        );
        assert_eq!(files.search_namespace_files(namespace, "f").await.unwrap(), ["/d0/e0/f0.txt"]);
    })
    .await;
}
