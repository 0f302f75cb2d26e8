using Blip.Bench;

switch (args)
{
    case ["kernels", ..]:
        return KernelBench.Run(args[1..]);
    case ["load", ..]:
        return LoadBench.Run(args[1..]);
    default:
        Console.Error.WriteLine("Usage: kernels [OPERATOR] [--device cpu|opencl|cuda] [--filter TEXT]");
        Console.Error.WriteLine("       load MODEL");
        return 2;
}
