import fire


def receive(_kind, flag, argv):
    received = {}

    def program(**given):
        received.update(given)

    fire.Fire(program, command=argv)
    name = flag.lstrip("-")
    return {"x": received[name]} if name in received else {}
