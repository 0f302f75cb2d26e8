using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace Blip.Runtime.Checkpoints;

/// <summary>
/// Reads a Python pickle (protocols 2 to 5) of tensors, numbers, texts, tuples, lists and dicts. A pickle is a program and can call any
/// function; this reader knows only <see cref="PickleCallables"/>. The file's length bounds time and memory.
/// </summary>
internal ref struct PickleReader
{
    private const int MostSteps = 1 << 20;
    private const int DeepestNesting = 1000;
    private const int LongestName = 256;

    private readonly MappedFile file;
    private readonly ReadOnlySpan<byte> bytes;
    private readonly List<object?> stack = [];
    private readonly Stack<int> marks = [];
    private readonly Dictionary<uint, object?> memo = [];
    private int at;
    private int steps;

    /// <summary>More bytes may follow the pickle.</summary>
    public PickleReader(MappedFile file, ReadOnlySpan<byte> bytes)
    {
        this.file = file;
        this.bytes = bytes;
    }

    /// <summary>All referenced storages.</summary>
    public List<TorchStorage> Storages { get; } = [];

    public readonly int Position => at;

    /// <returns>
    /// null, bool, long, BigInteger, double, string, byte[], object[] (a tuple), PickleList, PickleDict, TorchTensor, TorchStorage,
    /// StorageClass or a Callable.
    /// </returns>
    /// <exception cref="CheckpointException">The pickle is damaged, or names what no checkpoint needs.</exception>
    public object? Read()
    {
        while (true)
        {
            Spend(1);
            var opcode = Take(1)[0];
            if (opcode == '.')
                return stack.Count == 1 && marks.Count == 0 ? stack[0] : throw Error("ends with more or less than one value");
            Run(opcode);
        }
    }

    private void Spend(int steps)
    {
        this.steps = steps <= MostSteps - this.steps
            ? this.steps + steps
            : throw Error($"takes more than {MostSteps} steps: this is no checkpoint");
    }

    private void Run(byte opcode)
    {
        switch (opcode)
        {
            case 0x80: Protocol(); break;
            case 0x95: Take(8); break; // The frame's length is for readers of streams.
            case (byte)'(': Mark(); break;
            case (byte)'0': Pop(); break;
            case (byte)'1': PopMark(); break;
            case (byte)'2': Push(Peek()); break;
            case (byte)'N': Push(null); break;
            case 0x88: Push(true); break;
            case 0x89: Push(false); break;
            case (byte)'K': Push((long)Take(1)[0]); break;
            case (byte)'M': Push((long)BinaryPrimitives.ReadUInt16LittleEndian(Take(2))); break;
            case (byte)'J': Push((long)BinaryPrimitives.ReadInt32LittleEndian(Take(4))); break;
            case 0x8A: PushInteger(Take(Take(1)[0])); break;
            case (byte)'G': Push(BinaryPrimitives.ReadDoubleBigEndian(Take(8))); break;
            case (byte)'X' or (byte)'T': PushText(TakeCounted(4)); break;
            case 0x8C or (byte)'U': PushText(TakeCounted(1)); break;
            case 0x8D: PushText(TakeCounted(8)); break;
            case (byte)'B': Push(TakeCounted(4).ToArray()); break;
            case (byte)'C': Push(TakeCounted(1).ToArray()); break;
            case 0x8E: Push(TakeCounted(8).ToArray()); break;
            case (byte)'}': Push(new PickleDict()); break;
            case (byte)']' or 0x8F: Push(new PickleList()); break;
            case (byte)'d': MakeDict(); break;
            case (byte)'l' or 0x91: MakeList(); break;
            case (byte)')': Push(Array.Empty<object?>()); break;
            case 0x85 or 0x86 or 0x87: Push(PopItems(stack.Count - (opcode - 0x84))); break;
            case (byte)'t': Push(PopMark()); break;
            case (byte)'a': Extend(PopItems(stack.Count - 1)); break;
            case (byte)'e' or 0x90: Extend(PopMark()); break;
            case (byte)'s': Set(PopItems(stack.Count - 2)); break;
            case (byte)'u': Set(PopMark()); break;
            case (byte)'q': memo[Take(1)[0]] = Peek(); break;
            case (byte)'r': memo[BinaryPrimitives.ReadUInt32LittleEndian(Take(4))] = Peek(); break;
            case 0x94: memo[(uint)memo.Count] = Peek(); break;
            case (byte)'h': PushMemo(Take(1)[0]); break;
            case (byte)'j': PushMemo(BinaryPrimitives.ReadUInt32LittleEndian(Take(4))); break;
            case (byte)'c': PushGlobal(TakeLine(), TakeLine()); break;
            case 0x93: PushStackGlobal(); break;
            case (byte)'Q': PushStorage(); break;
            case (byte)'R': Call(); break;
            case (byte)'b': SetState(); break;
            default: throw Error($"has the instruction 0x{opcode:X2}, which a checkpoint has no use for: refused");
        }
    }

    private void Protocol()
    {
        if (Take(1)[0] is var protocol and not (>= 2 and <= 5))
            throw Error($"is of protocol {protocol}; 2 to 5 are supported");
    }

    private readonly void Mark()
    {
        if (marks.Count == DeepestNesting)
            throw Error($"is nested more than {DeepestNesting} deep");
        marks.Push(stack.Count);
    }

    private readonly void Push(object? value) => stack.Add(value);

    private readonly object? Peek() => stack.Count > Floor ? stack[^1] : throw Error("takes a value that is not there");

    private readonly object? Pop()
    {
        var value = Peek();
        stack.RemoveAt(stack.Count - 1);
        return value;
    }

    /// <summary>Only instructions that end a group reach below its mark.</summary>
    private readonly int Floor => marks.Count > 0 ? marks.Peek() : 0;

    private readonly object?[] PopItems(int first)
    {
        if (first < Floor)
            throw Error("takes values that are not there");
        var items = stack.GetRange(first, stack.Count - first).ToArray();
        stack.RemoveRange(first, items.Length);
        return items;
    }

    private readonly object?[] PopMark()
    {
        if (marks.Count == 0)
            throw Error("ends a group that never began");
        var items = PopItems(marks.Peek());
        marks.Pop();
        return items;
    }

    private readonly void PushInteger(ReadOnlySpan<byte> bytes)
    {
        var number = new BigInteger(bytes);
        Push(number >= long.MinValue && number <= long.MaxValue ? (object)(long)number : number);
    }

    private readonly void PushText(ReadOnlySpan<byte> bytes) => Push(Encoding.UTF8.GetString(bytes));

    private readonly void MakeList()
    {
        var list = new PickleList();
        list.Add(PopMark());
        Push(list);
    }

    private readonly void MakeDict()
    {
        var items = PopMark();
        Push(new PickleDict());
        Set(items);
    }

    private readonly void Extend(object?[] items)
    {
        if (Peek() is not PickleList list)
            throw Error("appends to something that is no list");
        list.Add(items);
    }

    private readonly void Set(object?[] items)
    {
        if (Peek() is not PickleDict dict || items.Length % 2 != 0)
            throw Error("sets items of something that is no dict");
        for (var i = 0; i < items.Length; i += 2)
        {
            if (items[i] is string key)
                dict.Items[key] = items[i + 1];
        }
    }

    private readonly void PushMemo(uint slot) =>
        Push(memo.TryGetValue(slot, out var value) ? value : throw Error($"reads the memo's slot {slot}, which was never written"));

    private readonly void PushGlobal(string module, string name) => Push(PickleCallables.Find(module, name) ?? throw file.Error(
        $"the pickle names '{module}.{name}', which weights have no use for and which could run code: refused, nothing was run. If you "
            + $"trust the file, save its tensors alone, best as safetensors"));

    private readonly void PushStackGlobal()
    {
        if (PopItems(stack.Count - 2) is not [string module, string name])
            throw Error("names a function by something that is no text");
        PushGlobal(module, name);
    }

    private readonly void PushStorage()
    {
        var storage = PickleCallables.Storage(Pop()) ?? throw Error("refers to something else than a storage of a known type");
        Storages.Add(storage);
        Push(storage);
    }

    private void Call()
    {
        if (PopItems(stack.Count - 2) is not [PickleCallables.Callable callable, object?[] arguments])
            throw Error("calls something that is no function");
        // A list can be passed many times.
        if (arguments is [PickleList list])
            Spend(list.Items.Count);
        Push(callable(arguments) ?? throw Error($"calls {callable.Method.Name} with arguments that do not fit"));
    }

    /// <summary>Drops an ordered dict's attributes (torch's <c>_metadata</c>).</summary>
    private readonly void SetState()
    {
        if (PopItems(stack.Count - 2) is not [PickleDict dict, _])
            throw Error("sets attributes of something that is no dict: refused");
        Push(dict);
    }

    private ReadOnlySpan<byte> TakeCounted(int digits)
    {
        var count = digits switch
        {
            1 => Take(1)[0],
            4 => BinaryPrimitives.ReadUInt32LittleEndian(Take(4)),
            _ => BinaryPrimitives.ReadUInt64LittleEndian(Take(8)),
        };
        return count <= int.MaxValue ? Take((int)count) : throw Error("is cut short");
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > bytes.Length - at)
            throw Error("is cut short");
        at += count;
        return bytes.Slice(at - count, count);
    }

    private string TakeLine()
    {
        var rest = bytes[at..];
        var end = rest[..Math.Min(rest.Length, LongestName)].IndexOf((byte)'\n');
        if (end < 0)
            throw Error("names something without an end");
        at += end + 1;
        return Encoding.UTF8.GetString(rest[..end]);
    }

    private readonly CheckpointException Error(string what) => file.Error($"the pickle {what} (at byte {at} of it)");
}
