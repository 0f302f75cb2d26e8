using Blip.Bench;
using Blip.Runtime.Checkpoints;

switch (args)
{
    case ["kernels", ..]:
        return KernelBench.Run(args[1..]);
    case ["load", ..]:
        return LoadBench.Run(args[1..]);
    case ["peers", ..]:
        return PeersBench.Run(args[1..]);
    case ["write", var name, var folder]:
        SyntheticFolder.Write(ModelSource.Resolve(name).Config, folder);
        return 0;
    default:
        Console.Error.WriteLine("Usage: kernels [OPERATOR] [--device cpu|opencl|cuda] [--filter TEXT]");
        Console.Error.WriteLine("       load MODEL");
        Console.Error.WriteLine("       peers [--only WORK]... [--precision NAME]... [--rounds N]");
        Console.Error.WriteLine("       write synthetic:NAME FOLDER");
        return 2;
}
