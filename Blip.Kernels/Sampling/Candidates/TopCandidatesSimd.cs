using Blip.Kernels.Devices;

namespace Blip.Kernels;

/// <summary>One task per row, in one pass. Vectors of sums are compared with the last entry of a short sorted list.</summary>
internal readonly unsafe struct TopCandidatesSimd(in TopCandidatesArgs args) : IVectorOperator
{
    private readonly float* scores = Cpu.Pointer(args.Scores), running = Cpu.Pointer(args.Running);
    private readonly float* orders = Cpu.Pointer(args.Orders), sums = Cpu.Pointer(args.Sums);
    private readonly int* tokens = Cpu.Pointer(args.Tokens), lengths = Cpu.Pointer(args.Lengths);
    private readonly long* streams = Cpu.Pointer(args.Streams);
    private readonly int rowsPerImage = args.RowsPerImage, vocabulary = args.Vocabulary, count = args.Count;
    private readonly bool sample = args.Sample;
    private readonly ulong seed = args.Seed;

    public int Tasks { get; } = args.Rows;

    public void Run<TVector>(int task)
        where TVector : unmanaged, IVector<TVector>
    {
        var row = (float*)scores + ((long)task * vocabulary);
        var gathered = running[task];
        var found = 0;
        var token = 0;
        if (!sample)
        {
            // Most vectors need one comparison: a full list rarely changes.
            for (; token < vocabulary && found < count; token++)
                Insert(task, Sum(row[token], gathered), Sum(row[token], gathered), token, ref found);
            var last = orders + ((long)task * count) + (count - 1);
            for (; token + TVector.Count <= vocabulary; token += TVector.Count)
            {
                if (!TVector.AnyGreater(TVector.Load(row + token) + TVector.Create(gathered), TVector.Create(*last)))
                    continue;
                for (var lane = 0; lane < TVector.Count; lane++)
                    Insert(task, Sum(row[token + lane], gathered), Sum(row[token + lane], gathered), token + lane, ref found);
            }
        }
        for (; token < vocabulary; token++)
        {
            var sum = Sum(row[token], gathered);
            Insert(task, sample && sum > float.NegativeInfinity ? sum + Noise(task, token) : sum, sum, token, ref found);
        }
    }

    private static float Sum(float score, float gathered) => float.IsNaN(score + gathered) ? float.NegativeInfinity : score + gathered;

    private float Noise(int task, int token) =>
        Philox.Gumbel(seed, (ulong)streams[task / rowsPerImage], task % rowsPerImage, lengths[task], token);

    // Tokens come in rising order, so equal ones follow existing ones.
    private void Insert(int task, float order, float sum, int token, ref int found)
    {
        var start = (long)task * count;
        var ordersHere = orders + start;
        var sumsHere = sums + start;
        var tokensHere = tokens + start;
        if (found == count && !(order > ordersHere[count - 1]))
            return;
        var place = found < count ? found++ : count - 1;
        for (; place > 0 && order > ordersHere[place - 1]; place--)
            (ordersHere[place], sumsHere[place], tokensHere[place]) = (ordersHere[place - 1], sumsHere[place - 1], tokensHere[place - 1]);
        (ordersHere[place], sumsHere[place], tokensHere[place]) = (order, sum, token);
    }
}
