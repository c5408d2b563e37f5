use futures_util::stream;
use kestra::models::{NamespacedId, SourceReplaceLineRequest, SourceReplaceRequest};
use kestra::{BoxError, Error, ErrorKind, FilePart, RequestSent};
use kestra_testkit::Dialect;

use crate::{NAMESPACE, flow, serve};

#[tokio::test]
async fn updates_keep_what_they_do_not_name() -> Result<(), Error> {
    for dialect in [Dialect::V1_3, Dialect::V2_0] {
        let (_server, client) = serve(dialect).await;
        let flows = client.flows();
        for id in ["a", "b"] {
            flows.create_flow(flow(id)).await?;
        }
        flows.bulk_update_flows(flow("a")).await?;
        flows.update_flows_in_namespace(NAMESPACE, flow("a")).await?;
        assert_eq!(flows.search_flows().await?.total, Some(2));
        flows.bulk_update_flows(flow("a")).delete(true).await?;
        assert_eq!(flows.search_flows().await?.total, Some(1));
        // What the server does when nothing is said.
        flows.create_flow(flow("b")).await?;
        let silent =
            http::Request::post("/api/v1/main/flows/bulk").header("content-type", "application/x-yaml");
        client.request(silent.body(flow("a")).unwrap()).await?;
        assert_eq!(flows.search_flows().await?.total, Some(1));
    }
    Ok(())
}

#[tokio::test]
async fn several_flows_are_split_only_between_them() -> Result<(), Error> {
    let script = format!("{}description: |\n  first\n  ---\n  second\n", flow("a"));
    for dialect in [Dialect::V1_3, Dialect::V2_0] {
        let (server, client) = serve(dialect).await;
        let flows = client.flows();
        let both = format!("---\n{}---\n{}", flow("a"), flow("b"));
        assert_eq!(flows.bulk_update_flows(&both).await?.len(), 2);
        server.clear_requests();
        for error in [
            flows.bulk_update_flows(&script).await.unwrap_err(),
            flows.update_flows_in_namespace(NAMESPACE, &script).await.unwrap_err(),
        ] {
            assert_eq!(error.kind(), ErrorKind::Refused);
            assert!(error.to_string().contains("line 9"), "{error}");
        }
        assert!(server.requests().is_empty());
        // The server takes the rest of the text for another flow.
        let harm = flows.bulk_update_flows(&script).unchecked().await.unwrap_err();
        assert_eq!(harm.kind(), ErrorKind::Status);
        assert_eq!(flows.deploy(&*script).await?.source, script);
    }
    Ok(())
}

#[tokio::test]
async fn a_source_that_deletes_its_flow_is_refused() -> Result<(), Error> {
    for dialect in Dialect::ALL {
        let (server, client) = serve(dialect).await;
        let flows = client.flows();
        let deleting = format!("{}deleted: yes\n", flow("a"));
        flows.create_flow(flow("a")).await?;
        server.clear_requests();
        let part = |name: &str| FilePart::bytes(name, deleting.clone());
        let path = std::env::temp_dir().join(format!("kestra-deleting-{}.yml", std::process::id()));
        std::fs::write(&path, &deleting).unwrap();
        let reader =
            FilePart::stream("flows.yml", stream::iter([Ok::<_, BoxError>(deleting.clone().into())]));
        for error in [
            flows.create_flow(&*deleting).await.unwrap_err(),
            flows.update_flow(NAMESPACE, "a", &*deleting).await.unwrap_err(),
            flows.deploy(&*deleting).await.unwrap_err(),
            flows.bulk_update_flows(format!("{}---\n{deleting}", flow("b"))).await.unwrap_err(),
            flows.update_flows_in_namespace(NAMESPACE, &*deleting).await.unwrap_err(),
            flows.import_flows(part("flows.yml")).await.unwrap_err(),
            flows.import_flows(FilePart::path(&path)).await.unwrap_err(),
            flows.import_flows(FilePart::bytes("flows.zip", archive("a.yml", &deleting))).await.unwrap_err(),
        ] {
            assert_eq!(error.kind(), ErrorKind::Refused);
            assert!(error.to_string().contains("line "), "{error}");
            assert_eq!(error.request_sent(), RequestSent::No);
        }
        assert_eq!(flows.import_flows(reader).await.unwrap_err().kind(), ErrorKind::Refused);
        std::fs::remove_file(&path).unwrap();
        assert!(server.requests().is_empty());
        // What a server makes of it.
        assert_eq!(flows.update_flow(NAMESPACE, "a", &*deleting).unchecked().await?.deleted, Some(true));
        assert!(flows.get_flow(NAMESPACE, "a").await.unwrap_err().is_not_found());
        flows.create_flow(flow("a")).await?;
        flows.deploy(&*deleting).unchecked().await?;
        assert!(flows.get_flow(NAMESPACE, "a").await.unwrap_err().is_not_found());
        flows.create_flow(flow("a")).await?;
        flows.import_flows(part("flows.yml")).unchecked().await?;
        assert!(flows.get_flow(NAMESPACE, "a").await.unwrap_err().is_not_found());
    }
    Ok(())
}

#[tokio::test]
async fn a_folder_with_a_source_that_deletes_changes_nothing() -> Result<(), Error> {
    let (server, client) = serve(Dialect::V2_0).await;
    let folder = std::env::temp_dir().join(format!("kestra-deleting-folder-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("a.yml"), format!("{}\"\\x64eleted\": true\n", flow("a"))).unwrap();
    client.flows().create_flow(flow("a")).await?;
    let report = client.flows().sync(&folder).await?;
    assert!(!report.applied);
    assert!(report.check().unwrap_err().to_string().contains("deleted"));
    assert!(server.requests().iter().all(|request| request.method != "PUT"));
    assert!(client.flows().sync(&folder).unchecked().await?.applied);
    assert!(client.flows().get_flow(NAMESPACE, "a").await.unwrap_err().is_not_found());
    std::fs::remove_dir_all(&folder).unwrap();
    Ok(())
}

#[tokio::test]
async fn a_list_with_a_source_that_deletes_is_refused() -> Result<(), Error> {
    let (server, client) = serve(Dialect::V2_0).await;
    let flows = client.flows();
    server.clear_requests();
    for list in [
        "- id: a\n  namespace: company.team\n  deleted: true\n",
        "- id: a\n---\n- id: b\n- {id: c, deleted: true}\n",
        r#"[{"id": "a"}, {"id": "b", "deleted": true}]"#,
    ] {
        for error in [
            flows.bulk_update_flows(list).await.unwrap_err(),
            flows.update_flows_in_namespace(NAMESPACE, list).await.unwrap_err(),
            flows.import_flows(FilePart::bytes("flows.yml", list)).await.unwrap_err(),
            flows.import_flows(FilePart::bytes("flows.zip", archive("a.yml", list))).await.unwrap_err(),
        ] {
            assert_eq!(error.kind(), ErrorKind::Refused);
            assert!(error.to_string().contains("line "), "{error}");
        }
    }
    assert!(server.requests().is_empty());
    Ok(())
}

#[tokio::test]
async fn an_archive_that_hides_a_file_is_refused() -> Result<(), Error> {
    for dialect in Dialect::ALL {
        let (server, client) = serve(dialect).await;
        let flows = client.flows();
        flows.create_flow(flow("a")).await?;
        // The directory lists the second file only, and a server reads both.
        let hidden = archive("a.yml", &format!("{}deleted: true\n", flow("a")));
        let hidden = &hidden[..hidden.windows(4).position(|bytes| bytes == b"PK\x01\x02").unwrap()];
        let mut all = [hidden, &archive("b.yml", &flow("b"))].concat();
        let directory = all.windows(4).position(|bytes| bytes == b"PK\x01\x02").unwrap();
        let end = all.len() - 6;
        all[directory + 42..directory + 46]
            .copy_from_slice(&u32::try_from(hidden.len()).unwrap().to_le_bytes());
        all[end..end + 4].copy_from_slice(&u32::try_from(directory).unwrap().to_le_bytes());
        server.clear_requests();
        let import = || flows.import_flows(FilePart::bytes("flows.zip", all.clone()));
        let error = import().await.unwrap_err();
        assert_eq!((error.kind(), error.request_sent()), (ErrorKind::Refused, RequestSent::No));
        assert!(error.to_string().contains("archive"), "{error}");
        assert!(server.requests().is_empty());
        import().unchecked().await?;
        assert!(flows.get_flow(NAMESPACE, "a").await.unwrap_err().is_not_found());
        flows.get_flow(NAMESPACE, "b").await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_replacement_that_may_delete_flows_is_refused() -> Result<(), Error> {
    let (server, client) = serve(Dialect::V2_0).await;
    let flows = client.flows();
    server.clear_requests();
    let all = [NamespacedId::new(NAMESPACE, "a")];
    for (query, replacement) in
        [("enabled", "deleted"), ("x", "del\\x65ted"), ("x", "<<: *a"), ("x", "eleted: yes")]
    {
        for error in [
            flows
                .replace_in_sources(SourceReplaceRequest::new(all.clone(), query, replacement))
                .await
                .unwrap_err(),
            flows
                .replace_in_source_line(SourceReplaceLineRequest::new("a", NAMESPACE, query, replacement))
                .await
                .unwrap_err(),
        ] {
            assert_eq!((error.kind(), error.request_sent()), (ErrorKind::Refused, RequestSent::No));
            let text = error.to_string();
            assert!(text.contains("preview_source_replacement") && text.contains("unchecked()"), "{text}");
        }
    }
    assert!(server.requests().is_empty());
    let usual = SourceReplaceRequest::new(all.clone(), "echo", "printf");
    flows.replace_in_sources(usual).await?;
    let meant = SourceReplaceRequest::new(all, "enabled", "deleted");
    flows.replace_in_sources(meant).unchecked().await?;
    let sent = server.requests().into_iter().filter(|request| request.path.contains("replace"));
    assert_eq!(sent.count(), 2);
    Ok(())
}

/// An archive of one file that is stored as it is.
fn archive(name: &str, content: &str) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap().to_le_bytes();
    let name_length = u16::try_from(name.len()).unwrap().to_le_bytes();
    let facts = [&[0; 12][..], &length, &length, &name_length, &[0, 0]].concat();
    let local = [b"PK\x03\x04\x14\0", &facts[..], name.as_bytes(), content.as_bytes()].concat();
    let central = [b"PK\x01\x02\x14\0\x14\0", &facts[..], &[0; 14], name.as_bytes()].concat();
    let sizes = [
        u32::try_from(central.len()).unwrap().to_le_bytes(),
        u32::try_from(local.len()).unwrap().to_le_bytes(),
    ];
    [&local[..], &central, b"PK\x05\x06\0\0\0\0\x01\0\x01\0", &sizes.concat(), &[0, 0]].concat()
}
